"""Numbers that a server counts about itself: how they are counted, what they are called, how they are added up."""
