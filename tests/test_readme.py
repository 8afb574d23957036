"""What the README says is true of the project."""

import re
from pathlib import Path

import pytest
import typer.main

import dossier
from server.settings import settings_table

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def test_every_setting_stands_in_the_readme_with_unit_and_default() -> None:
    assert settings_table() in README


def test_every_command_stands_in_the_readme_or_its_help() -> None:
    commands = set(typer.main.get_group(dossier.app).commands)
    assert commands == {
        "ingest", "search", "ask", "documents", "remove", "check", "serve", "eval", "bench",
        "actors", "attacks", "strategies", "corrections",
    }  # fmt: skip
    named = set(re.findall(r"dossier (\w+)", README)) | {"serve"}
    assert commands <= named | {"bench"}
    assert "make serve" in README
    assert "make bench" in README


@pytest.mark.parametrize("path", re.findall(r"\]\(([\w./-]+)\)", README))
def test_what_the_readme_links_to_is_there(path: str) -> None:
    assert (PROJECT / path).exists()


@pytest.mark.parametrize("target", ["serve", "test", "lint", "bench", "clean"])
def test_every_make_target_of_the_readme_exists(target: str) -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:", makefile, re.MULTILINE)
