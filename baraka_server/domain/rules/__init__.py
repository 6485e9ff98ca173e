"""The rules by area: how a command is decided, an entry objected to, and told in words."""
