import pytest

from media import make
from menagerie.errors import Unsupported
from menagerie.media.examine import examine
from menagerie.media.limits import Limits
from menagerie.media.svg import inspect

GOOD = [
    make.svg("<circle r='5'/>"),
    make.svg("<circle r='5'/>", before="<?xml version='1.0'?>\n<!-- drawn by hand -->\n"),
    make.svg(
        before='<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"'
        ' "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    ),
    make.svg("<g id='a'><path d='M0 0'/></g><use xlink:href='#a'/><use href='#a'/>"),
    make.svg("<a xlink:href='https://example.org/'><text>there</text></a>"),
    make.svg("<image href='data:image/png;base64,AAAA'/>"),
    make.svg("<style>.a { fill: url(#g); background: url('data:image/png;base64,AA') }</style>"),
    make.svg("<rect id='r'><animate xlink:href='#r' attributeName='x'/></rect>"),
    make.svg("<metadata><rdf xmlns='urn:x' resource='http://purl.org/dc'/></metadata>"),
]


@pytest.mark.parametrize("data", GOOD)
def test_a_picture_is_taken(data):
    assert inspect(data, Limits())


HOSTILE = [
    ("<script>alert(1)</script>", "<script>"),
    ("<x:script xmlns:x='http://www.w3.org/2000/svg'/>", "<script>"),
    ("<rect onclick='alert(1)'/>", "event handler (onclick)"),
    ("<rect ONLOAD='alert(1)'/>", "event handler (onload)"),
    ("<a href='javascript:alert(1)'/>", "javascript: link"),
    ("<a xlink:href=' java&#10;script:alert(1)'/>", "javascript: link"),
    ("<a><set attributeName='href' to='javascript:alert(1)'/></a>", "animates href"),
    ("<set attributeName='xlink:href' to='x'/>", "animates xlink:href"),
    ("<image href='http://example.org/a.png'/>", "external reference"),
    ("<image xlink:href='//example.org/a.png'/>", "external reference"),
    ("<image href='file:///etc/passwd'/>", "external reference"),
    ("<image href='secret.png'/>", "external reference"),
    ("<image href='data:image/svg+xml,&lt;svg/>'/>", "external reference"),
    ("<use href='other.svg#a'/>", "external reference"),
    ("<rect fill='url(http://example.org/#a)'/>", "external reference"),
    ("<rect style='fill: u\\72l(http://example.org/)'/>", "external reference"),
    ("<style>@import 'http://example.org/a.css';</style>", "external reference"),
    ("<style><![CDATA[a{background:url(//example.org)}]]></style>", "external reference"),
    ("<g xml:base='http://example.org/'/>", "xml:base"),
    ("<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>", "HTML"),
    ("<foreignObject><iframe src='x'/></foreignObject>", "<iframe>"),
    ("<g id='a'><use href='#a'/></g>", "refers to itself"),
    ("<g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g>", "refers to itself"),
]


@pytest.mark.parametrize(("inside", "reason"), HOSTILE)
def test_more_than_a_picture_is_refused_with_the_reason(inside, reason):
    with pytest.raises(Unsupported) as caught:
        inspect(make.svg(inside), Limits())
    assert reason in caught.value.reason
    assert caught.value.media_type == "image/svg+xml"


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("<?xml-stylesheet href='http://example.org/a.css'?>", "style sheet"),
        ("<!DOCTYPE svg [<!ENTITY a 'b'>]>", "entities"),
        ("<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>", "entities"),
        ("<!DOCTYPE svg [<!ENTITY % a SYSTEM 'http://example.org/a.dtd'> %a;]>", "entities"),
        ("<!DOCTYPE svg [<!ATTLIST svg onload CDATA 'alert(1)'>]>", "event handler"),
    ],
)
def test_a_prologue_that_does_something_is_refused(before, reason):
    with pytest.raises(Unsupported) as caught:
        inspect(make.svg(before=before), Limits())
    assert reason in caught.value.reason


def test_a_bomb_of_nested_uses_is_counted_not_drawn(pool, put):
    layers = "".join(
        f"<g id='l{n}'>" + f"<use href='#l{n - 1}'/>" * 10 + "</g>" for n in range(1, 12)
    )
    bomb = make.svg(f"<g id='l0'><rect width='9' height='9'/></g>{layers}<use href='#l11'/>")
    assert len(bomb) < 5_000
    with pytest.raises(Unsupported, match="once its references are expanded"):
        pool.run(examine, put(bomb))


def test_a_long_chain_of_uses_is_walked_without_recursion():
    chain = "".join(f"<g id='c{n}'><use href='#c{n - 1}'/></g>" for n in range(1, 5_000))
    with pytest.raises(Unsupported, match="once its references are expanded"):
        inspect(make.svg(f"<g id='c0'/>{chain}"), Limits())


def test_size_and_depth_are_bounded():
    few = Limits(max_svg_elements=10, max_svg_depth=5)
    assert inspect(make.svg("<g/>" * 9), few)
    with pytest.raises(Unsupported, match="more than 10 elements"):
        inspect(make.svg("<g/>" * 10), few)
    with pytest.raises(Unsupported, match="nested deeper"):
        inspect(make.svg("<g>" * 6 + "</g>" * 6), few)


def test_what_is_no_svg_is_said_to_be_none():
    assert not inspect(b"<html/>", Limits())
    assert not inspect(b"<!DOCTYPE html [<!ENTITY a 'b'>]><html/>", Limits())
    assert not inspect(b"< not xml", Limits())
    assert not inspect(b"<svg/>", Limits())  # without its namespace no browser draws it
