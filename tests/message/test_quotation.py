"""Cutting a text out of another: lines, links and cells stay together."""

from hypothesis import given
from hypothesis import strategies as st

from mailbridge.message.message import Body, Link
from mailbridge.message.quotation import cut_out, cut_out_answered


def test_what_stands_above_is_left_out_with_blank_lines() -> None:
    assert cut_out(Body("note\nblock\n\n\nBonjour\n\nNom\n"), 10, 0).text == "Bonjour\n\nNom"
    assert cut_out(Body("note\n\n"), 4, 0) == Body("")


def test_quote_marks_go_as_deep_as_the_block_was_quoted() -> None:
    text = "x\n>\n> a\n>\n> > b\n>> c\n>d"
    assert cut_out(Body(text), 1, 1).text == "a\n\n> b\n> c\nd"
    assert cut_out(Body("x\n> > a\n> b"), 1, 2).text == "a\nb"


def test_below_a_quoted_mail_stands_the_forwarder_again() -> None:
    text = "x\n> a\n> b\n\nRahel\nE-Mail: r@example.net"
    assert cut_out(Body(text), 1, 1).text == "a\nb"


def test_a_line_that_was_wrapped_on_its_way_still_belongs_to_the_quote() -> None:
    assert cut_out(Body("x\n> a long\nline\n> b\n> c\nd"), 1, 1).text == "a long\nline\nb\nc\nd"
    assert cut_out(Body("x\n> a\n\nb\n> c\n\nd"), 1, 1).text == "a\n\nb\nc"


def test_quoted_text_without_anything_is_empty() -> None:
    assert cut_out(Body("x\n>\n>\n"), 1, 1) == Body("")
    assert cut_out(Body("x\nunquoted"), 1, 1) == Body("")


def test_an_answered_mail_is_quoted_indented_or_neither() -> None:
    assert cut_out_answered(Body("x\n\n    a\n      b\n\n    c\n\nme"), 1).text == "a\n  b\n\nc"
    assert cut_out_answered(Body("x\n\n> a\n> b"), 1).text == "a\nb"
    assert cut_out_answered(Body("x\n\na\n    b"), 1).text == "a\n    b"
    assert cut_out_answered(Body("x\n\n"), 1) == Body("")


def test_links_of_the_note_are_left_out() -> None:
    text = "Rahel\nr@example.net\nsite <https://a.example.org/>\n--\nNom\nv@example.com\nsite <https://b.example.org/>"
    links = (
        Link("r@example.net", "mailto:r@example.net"),
        Link("site", "https://a.example.org/"),
        Link("v@example.com", "mailto:v@example.com"),
        Link("", "https://picture.example.org/"),
        Link("site", "https://b.example.org/"),
    )
    assert cut_out(Body(text, links), text.index("--") + 2, 0).links == links[2:]


def test_a_link_that_cannot_be_placed_is_rather_lost_than_the_forwarders() -> None:
    links = (Link("two\nlines", "u:1"), Link("b", "u:2"))
    assert cut_out(Body("a\nb", links), 1, 0).links == links[1:]


def test_looking_for_lost_links_comes_to_an_end() -> None:
    links = (*(Link(f"lost {n}", "u:x") for n in range(200)), Link("b", "u:b"))
    assert cut_out(Body("a\nb", links), 1, 0).links == ()


def test_cells_move_with_their_text() -> None:
    text = "note\tx\n> Nom\tVigne\n> Ville\tBulle"
    cells = ((0, 4), (5, 6), (9, 12), (13, 18), (21, 26), (27, 32))
    body = cut_out(Body(text, cells=cells), 6, 1)
    assert [body.text[a:b] for a, b in body.cells] == ["Nom", "Vigne", "Ville", "Bulle"]


def test_a_cell_around_it_all_is_cut_as_well() -> None:
    body = cut_out(Body("note\nblock\n\nNom\n", cells=((0, 16),)), 10, 0)
    assert (body.text, body.cells) == ("Nom", ((0, 3),))


@given(
    st.lists(st.sampled_from(["> a", "> > b", "c", "", ">", "    d", " >e", "\tf"]), max_size=12),
    st.integers(0, 3),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=5),
)
def test_a_cut_is_a_text_form_with_its_cells_inside(
    lines: list[str], depth: int, cells: list[tuple[int, int]]
) -> None:
    text = "x\n" + "\n".join(lines)
    spans = tuple((min(a, b), min(max(a, b), len(text))) for a, b in cells if min(a, b) < len(text))
    for body in (cut_out(Body(text, cells=spans), 1, depth), cut_out_answered(Body(text), 1)):
        assert body.text == body.text.strip("\n")
        assert all(0 <= start < end <= len(body.text) for start, end in body.cells)
