"""An evening that a seed draws, step by step; what differs is told by the shortest script that shows it."""

from __future__ import annotations

from random import Random

from baraka_server.store.store import Store
from tests.support.model.drawing import draw, opening
from tests.support.model.habits import THEMES
from tests.support.model.play import PROVED_EVERY, an_evening, play
from tests.support.model.script import Step
from tests.support.model.shorten import as_code, shortened

STEPS = 60


async def play_at_random(store: Store, seed: int, steps: int = STEPS) -> None:
    """Play an evening that the seed draws. Whatever differs raises `AssertionError` with the shortest script."""
    done: list[Step] = []
    try:
        await _draw_and_play(store, Random(seed), steps, done)
    except Exception as error:
        fault = error

    else:
        return

    async def fails(script: list[Step]) -> bool:
        try:
            await play(store, script)
        except Exception as error:
            return type(error) is type(fault)
        return False

    script = await shortened(done, fails) if await fails(done) else done
    raise AssertionError(f"seed {seed} differs:\n{as_code(script)}") from fault


async def _draw_and_play(store: Store, rng: Random, steps: int, done: list[Step]) -> None:
    async with an_evening(store) as played:
        theme = rng.choice(list(THEMES))
        begin = opening(rng)
        for number in range(1, steps + 1):
            step = begin[number - 1] if number <= len(begin) else draw(rng, played.sale, theme)
            done.append(step)
            await played.step(step)
            if number % PROVED_EVERY == 0:
                await played.proves()
        await played.proves()
