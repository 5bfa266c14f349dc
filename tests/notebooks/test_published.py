"""One setting says where the project is published; while it is empty, nothing links there."""

from __future__ import annotations

import published
from published import README, book_options, repository, with_clone_lines

ADDRESS = "https://example.org/owner/fulfillment_lib"


def test_the_readme_has_what_the_setting_gives() -> None:
    page = README.read_text(encoding="utf-8")
    assert with_clone_lines(page, repository()) == page
    assert len(published.CLONE.findall(page)) == 1


def test_with_an_address_the_readme_says_how_to_get_the_project() -> None:
    page = with_clone_lines(README.read_text(encoding="utf-8"), ADDRESS)
    assert f"```sh\ngit clone {ADDRESS}\ncd fulfillment_lib\n```\n" in page
    assert with_clone_lines(page, "") == with_clone_lines(README.read_text(encoding="utf-8"), "")


def test_an_address_for_git_gives_the_folder_that_git_makes() -> None:
    page = with_clone_lines("<!-- clone -->\n<!-- end of clone -->\n", f"{ADDRESS}.git")
    assert "cd fulfillment_lib\n" in page


def test_the_book_has_a_button_only_where_there_is_an_address() -> None:
    assert book_options("") == {}
    assert book_options(ADDRESS)["repository_url"] == ADDRESS
