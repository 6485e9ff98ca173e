"""The index of rooms has what the library has, and a disconnect does not look through all rooms."""

from __future__ import annotations

import random

import pytest
import socketio

from baraka_server.wire.room_index import RoomIndex


def book(kind):
    """A manager whose sessions have the ids s1, s2, …"""
    manager = kind()
    numbers = iter(range(1, 10_000))
    server = type("Server", (), {"packet_class": type("Packet", (), {"json": None})})()
    server.eio = type("Eio", (), {"generate_id": lambda _self: f"s{next(numbers)}"})()
    manager.set_server(server)
    return manager


def pages(manager):
    return {
        "rooms": {
            namespace: {room: dict(sids) for room, sids in rooms.items()}
            for namespace, rooms in manager.rooms.items()
        },
        "connecting": manager.pending_connect,
        "leaving": manager.pending_disconnect,
        "callbacks": {sid: set(waiting) for sid, waiting in manager.callbacks.items()},
    }


@pytest.mark.parametrize("seed", range(5))
async def test_it_is_the_librarys_after_every_step(seed):
    dice = random.Random(seed)
    ours, theirs = book(RoomIndex), book(socketio.AsyncManager)
    present = []
    for number in range(400):
        match dice.randrange(6) if present else 0:
            case 0:
                sids = [await one.pre_connect(f"e{number}", "/") for one in (ours, theirs)]
                assert sids[0] == sids[1]
                present.append(sids[0])
                step = dice.random() < 0.8 and ("connect", present[-1], "/")
            case 1 | 2:
                step = ("enter_room", dice.choice(present), "/", f"room {dice.randrange(4)}")
            case 3:
                step = ("leave_room", dice.choice(present), "/", f"room {dice.randrange(4)}")
            case 4:
                sid = dice.choice(present)
                for one in (ours, theirs):
                    one._generate_ack_id(sid, print)
                step = None
            case _:
                sid = present.pop(dice.randrange(len(present)))
                if dice.random() < 0.7:
                    for one in (ours, theirs):
                        one.pre_disconnect(sid, "/")
                step = ("disconnect", sid, "/")
        if step:
            name, *arguments = step
            for one in (ours, theirs):
                await getattr(one, name)(*arguments)
        assert pages(ours) == pages(theirs)
    for sid in present:
        await ours.disconnect(sid, "/")
    assert not ours.rooms
    assert not ours.sessions


async def test_whoever_never_was_there_can_leave():
    manager = book(RoomIndex)
    await manager.disconnect("nobody", "/")
    await manager.leave_room("nobody", "/", "room")
    assert not manager.sessions


async def test_one_that_leaves_costs_nothing_for_those_who_stay(monkeypatch):
    manager = book(RoomIndex)
    for number in range(50):
        await manager.connect(f"e{number}", "/")
    looked_at = []

    class Rooms(dict):
        def copy(self):
            looked_at.append("all of them")
            return super().copy()

        def items(self):
            looked_at.append("all of them")
            return super().items()

    manager.rooms["/"] = Rooms(manager.rooms["/"])
    await manager.disconnect("s1", "/")
    assert looked_at == []
    assert len(manager.rooms["/"]) == 50
