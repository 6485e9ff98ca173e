"""`python -m baraka_cli` is `baraka`."""

from baraka_cli.main import app

if __name__ == "__main__":
    app(prog_name="baraka")
