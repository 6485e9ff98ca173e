"""Entry point of `python -m baraka_cli`: the same as `baraka`."""

from baraka_cli.main import app

if __name__ == "__main__":
    app(prog_name="baraka")
