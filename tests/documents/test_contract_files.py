"""docs/contract/ is what the code says, and `baraka contract` gives it to whoever has the program alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from baraka_cli.contract_documents.documents import DOCUMENTS
from baraka_cli.contract_documents.formats import Format
from tests.support.clients.command_line import invoke
from tools import contract_docs


@pytest.mark.parametrize("format_", Format)
def test_a_document_is_printed_and_is_the_one_in_the_folder(format_: Format) -> None:
    done = invoke("contract", "--format", format_)
    assert (done.code, done.err) == (0, "")
    assert done.out == (contract_docs.FOLDER / DOCUMENTS[format_].name).read_text("utf-8")


def test_a_document_is_written_to_a_folder_that_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "types"
    done = invoke("contract", "--format", "typescript", "--output", folder)
    assert (done.code, done.out) == (0, "")
    assert done.err == f"Written: {folder / 'baraka.d.ts'}\n"
    assert "ClientToServerEvents" in (folder / "baraka.d.ts").read_text("utf-8")


def test_a_folder_that_cannot_be_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = invoke("contract", "--format", "asyncapi", "--output", tmp_path / "file")
    assert done.code == 1
    assert "could not be written" in done.err


def test_the_check_names_what_is_stale_and_what_breaks_clients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = json.loads(contract_docs.RELEASED.read_text("utf-8"))
    released["serverToClient"]["newAuction"] = released["serverToClient"]["newBid"]
    (tmp_path / "released.json").write_text(json.dumps(released), "utf-8")
    (tmp_path / "baraka.d.ts").write_text("export {};\n", "utf-8")
    monkeypatch.setattr(contract_docs, "ROOT", tmp_path)
    monkeypatch.setattr(contract_docs, "FOLDER", tmp_path)
    monkeypatch.setattr(contract_docs, "PAGE", tmp_path / "guide.html")
    monkeypatch.setattr(contract_docs, "RELEASED", tmp_path / "released.json")
    assert next(iter(contract_docs.broken())) == "breaks clients: server event newAuction: is gone"
    assert {line.split()[0] for line in contract_docs.stale()} == {
        *(document.name for document in DOCUMENTS.values()),
        "examples.json",
        "guide.html",
    }
    monkeypatch.setattr("sys.argv", ["contract_docs.py", "--check"])
    with pytest.raises(SystemExit, match="newAuction: is gone"):
        contract_docs.main()
    monkeypatch.setattr("sys.argv", ["contract_docs.py", "--release"])
    contract_docs.main()
    assert [*contract_docs.broken(), *contract_docs.stale()] == []
