"""What can be set on the command line of `make up`, from variables of the environment."""

from collections.abc import Mapping
from dataclasses import dataclass


class InvalidOption(Exception):
    """A variable has a value that means nothing; the message says which values do."""


@dataclass(frozen=True)
class Options:
    """The checked options.

    `organizations`: how many the simulated cloud has. `port`: of the web server, on loopback. `once`: stop after the
    main job. `seed`: of the simulated cloud. `latency`: of its answers in milliseconds, None for its own default.
    `worker_threads`: how many organizations a worker serves at a time. `database_url`, `redis_url`: servers to use
    instead of starting some, or None.
    """

    organizations: int
    port: int
    once: bool
    seed: int
    latency: int | None
    worker_threads: int
    database_url: str | None
    redis_url: str | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Options":
        """Read and check the variables; raises `InvalidOption`."""
        return cls(
            organizations=_number(environment, "ORGANIZATIONS", 300, 1, 100_000),
            port=_number(environment, "PORT", 8000, 1, 65535),
            once=bool(_number(environment, "ONCE", 0, 0, 1)),
            seed=_number(environment, "SEED", 1, 0, 2**31 - 1),
            latency=_number(environment, "LATENCY", 0, 0, 60_000) if environment.get("LATENCY") else None,
            worker_threads=_number(environment, "WORKER_THREADS", 100, 1, 1000),
            database_url=_address(environment, "DATABASE_URL", ("postgresql://", "postgres://")),
            redis_url=_address(environment, "REDIS_URL", ("redis://", "rediss://", "unix://")),
        )


def _number(environment: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environment.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
        raise InvalidOption(
            f"{name} must be a whole number from {least} to {most}, not {text!r}: {name}={default} make up"
        )
    return int(text)


def _address(environment: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str | None:
    text = environment.get(name, "").strip()
    if text and not text.startswith(schemes):
        # The value is not repeated: it may hold a password.
        raise InvalidOption(f"{name} must start with {' or '.join(schemes)}.")
    return text or None
