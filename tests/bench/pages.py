"""Server time of each page at 1,000 organizations and 100,000 run targets."""


def main() -> None:
    """Print server times; filled in when the pages stand."""
