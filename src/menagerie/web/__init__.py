"""The web face: pages and forms for people, drawn on the server, usable without JavaScript."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from menagerie.errors import (
    Conflict,
    Forbidden,
    Invalid,
    MenagerieError,
    NotFound,
    QueryError,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call, WrongMethod
from menagerie.http.openapi import Made
from menagerie.http.parameters import Malformed, identifier
from menagerie.http.routing import Door, ErrorAnswer, Handler, Operation, Runs
from menagerie.library import Library
from menagerie.web import (
    acts,
    admin,
    badges,
    bans,
    breeds,
    builder,
    choices,
    comments,
    datasets,
    dnp,
    donate,
    duplicates,
    entry,
    files,
    forums,
    galleries,
    languages,
    laws,
    limits,
    messages,
    moderation,
    news,
    notices,
    own_profile,
    pages,
    people,
    pets,
    picture,
    preferences,
    publishing,
    recognised,
    reports,
    review,
    saved,
    second_factor,
    settings_pages,
    sharing,
    statistics,
    suggested,
    tag_changes,
    tag_looks,
    tag_staff,
    validate,
    vocabulary,
)
from menagerie.web.reference import Reference
from menagerie.web.render import url
from menagerie.web.texts import marked
from menagerie.web.visit import Visit, identify, reader, writer

PageHandler = Callable[[Visit], Answer]
_NOTHING_LOADED = (("content-security-policy", "default-src 'none'"),)


# How errors are worded.


def _error_page(
    call: Call,
    status: int,
    heading: str,
    *texts: str,
    link: tuple[str, str] | None = None,
    request_id: str = "",
) -> Answer:
    return Visit(call).page(
        "error.html", status, heading=heading, texts=texts, link=link, request_id=request_id
    )


def _not_found(_error: Exception, call: Call) -> Answer:
    text = marked("It may never have been, or it is not for everybody.")
    return _error_page(call, 404, marked("There is nothing here"), text)


def _invalid(error: Invalid, call: Call) -> Answer:
    say = languages.translations(Visit(call).language).gettext
    wrong = [f"{name}: {say(text)}" for name, found in error.fields.items() for text in found]
    return _error_page(call, 422, marked("Something is wrong with that form"), *wrong)


def _query(error: QueryError, call: Call) -> Answer:
    return pages.wrong_query(Visit(call), error)


def _conflict(error: Conflict, call: Call) -> Answer:
    link = (f"/images/{error.existing_id}", marked("See it"))
    return _error_page(call, 409, marked("This picture is already here"), link=link)


def _unauthenticated(_error: Exception, call: Call) -> Answer:
    visit = Visit(call)
    return visit.go(url("/login", then=visit.here if visit.here != "/" else None))


def _forbidden(error: MenagerieError, call: Call) -> Answer:
    return _error_page(call, 403, marked("That is not for you to do"), error.message)


def _too_large(error: TooLarge, call: Call) -> Answer:
    visit = Visit(call)
    say = languages.translations(visit.language).gettext
    text = say(marked("The limit is %(size)s.")) % {
        "size": languages.size(error.limit_bytes, visit.language)
    }
    return _error_page(call, 413, marked("That is too large"), text)


def _rate_limited(error: RateLimited, call: Call) -> Answer:
    heading = marked("Not so fast, please")
    answer = _error_page(call, 429, heading, marked("Wait a little, then try again."))
    return answer.add("retry-after", str(error.retry_after_s))


def _unavailable(error: MenagerieError, call: Call) -> Answer:
    return _error_page(call, 503, marked("That does not work right now"), error.message)


def _malformed(_error: Exception, _call: Call) -> Answer:
    # The query may be what cannot be read, so the page must not look at it.
    text = b"<!doctype html><title>400</title><p>This request cannot be understood.</p>"
    return Answer(400, text, media_type=answers.HTML, headers=_NOTHING_LOADED)


def _wrong_method(error: WrongMethod, call: Call) -> Answer:
    text = marked("This address is for a form. Go back and press its button.")
    answer = _error_page(call, 405, marked("There is no page here"), text)
    return answer.add("allow", error.allowed)


def _unexpected(_error: Exception, call: Call) -> Answer:
    heading = marked("Something went wrong here")
    try:
        text = marked("It is not your fault, and it has been noted.")
        return _error_page(call, 500, heading, text, request_id=call.request_id)
    except Exception:  # noqa: BLE001  # what broke the page may break this one as well
        page = f"<!doctype html><title>500</title><p>{heading} ({call.request_id})</p>"
        return answers.html(page, 500, headers=_NOTHING_LOADED)


ERRORS: dict[type[Exception], ErrorAnswer] = {
    NotFound: _not_found,
    Invalid: _invalid,
    QueryError: _query,
    Conflict: _conflict,
    Unauthenticated: _unauthenticated,
    Forbidden: _forbidden,
    TooLarge: _too_large,
    RateLimited: _rate_limited,
    Unavailable: _unavailable,
    Malformed: _malformed,
    WrongMethod: _wrong_method,
    Exception: _unexpected,
}
"""How the web words each error of the core."""


# Where things are.


def _short(visit: Visit) -> Answer:
    """Send `/N` to the image's page."""
    return visit.go(f"/images/{identifier(visit.call.text('id'))}")


_PAGES: dict[str, PageHandler] = {
    "/": pages.index,
    "/search": pages.search,
    "/search/build": builder.build,
    "/search/suggest": saved.suggest,
    "/searches": saved.page,
    "/tags": pages.tag_list,
    "/tags/{slug:str}": pages.tag,
    "/tags/{slug:str}/edit": tag_staff.page,
    "/tag_changes": tag_changes.page,
    "/dnp": dnp.page,
    "/dnp/new": dnp.new,
    "/moderation/notices": notices.page,
    "/moderation/notices/{id:str}": notices.edit_page,
    "/moderation/badges": badges.page,
    "/profiles/{slug:str}": people.profile,
    "/statistics": statistics.page,
    "/help": pages.help_page,
    "/feed": pages.feed,
    "/{id:str}": _short,
    "/images/{id:str}": picture.show,
    "/images/{id:str}/favorites": picture.favorites,
    "/images/{id:str}/related": picture.related,
    "/images/{id:str}/history": picture.history,
    "/images/{id:str}/status": recognised.status,
    "/images/{id:str}/comments": comments.part,
    "/notifications": news.page,
    "/messages": messages.page,
    "/messages/new": messages.new_page,
    "/conversations": messages.write_to,
    "/messages/{key:str}": messages.show,
    "/forums": forums.index,
    "/forums/{forum:str}": forums.forum,
    "/forums/{forum:str}/new": forums.new_topic,
    "/forums/{forum:str}/topics/{slug:str}": forums.topic,
    "/posts": forums.every,
    "/posts/{id:str}": forums.post,
    "/posts/{id:str}/edit": forums.wordings.edit_page,
    "/posts/{id:str}/history": forums.wordings.history,
    "/comments": comments.every,
    "/comments/{id:str}": comments.show,
    "/comments/{id:str}/edit": comments.wordings.edit_page,
    "/comments/{id:str}/history": comments.wordings.history,
    "/upload": entry.upload_page,
    "/login": entry.login_page,
    "/register": entry.register_page,
    "/reset": entry.reset_page,
    "/settings": settings_pages.account,
    "/settings/profile": own_profile.profile,
    "/settings/links": own_profile.link_list,
    "/settings/preferences": own_profile.preference_list,
    "/settings/two-factor": second_factor.page,
    "/settings/export": settings_pages.export,
    "/settings/keys": settings_pages.keys,
    "/settings/sessions": settings_pages.sessions,
    "/settings/watching": settings_pages.watch_list,
    "/filters": choices.filter_list,
    "/filters/new": choices.new_filter,
    "/filters/{id:str}": choices.filter_page,
    "/filters/{id:str}/edit": choices.edit_filter_page,
    "/galleries": galleries.page,
    "/galleries/new": galleries.new,
    "/galleries/{id:str}": galleries.show,
    "/galleries/{id:str}/edit": galleries.edit_page,
    "/reports/new": reports.new_page,
    "/images/{id:str}/duplicate": duplicates.suggest_page,
    "/moderation": moderation.page,
    "/moderation/log": acts.page,
    "/moderation/duplicates": duplicates.page,
    "/moderation/bans": bans.page,
    "/moderation/uploads": review.queue,
    "/moderation/reports": reports.queue,
    "/moderation/requests": publishing.queue,
    "/moderation/accounts": limits.page,
    "/moderation/accounts/{id:str}": limits.account_page,
    "/admin": admin.page,
    "/admin/settings": admin.settings,
    "/private": publishing.page,
    "/images/{id:str}/report": reports.page,
    "/validate": validate.page,
    "/validate/ahead": validate.ahead,
    "/validate/done": validate.done,
    "/donate": donate.page,
    "/vocabulary": vocabulary.page,
    "/vocabulary/suggest": donate.suggest,
    "/vocabulary/{key:str}": vocabulary.word_page,
    "/breeds": breeds.page,
    "/breeds/laws": laws.page,
    "/breeds/laws/{code:str}": laws.country_page,
    "/breeds/{key:str}": breeds.breed_page,
    "/pets": pets.page,
    "/pets/new": pets.new_page,
    "/pets/{code:str}": pets.pet_page,
    "/export": datasets.page,
    "/exports/{key:str}": datasets.progress,
    "/exports/{key:str}/download": datasets.download,
    "/snapshots/{key:str}": datasets.snapshot_page,
    "/snapshots/{key:str}/withdrawn.csv": datasets.withdrawn,
    "/snapshots/{key:str}/changes.csv": datasets.changes,
}
_FORMS: dict[str, PageHandler] = {
    "/preferences": preferences.change,
    "/searches": saved.save,
    "/searches/{id:str}/rename": saved.rename,
    "/searches/{id:str}/delete": saved.forget,
    "/images/{id:str}/vote": picture.vote,
    "/images/{id:str}/fave": picture.fave,
    "/images/{id:str}/hide": picture.hide,
    "/images/{id:str}/tags": picture.edit_tags,
    "/images/{id:str}/suggested": suggested.answer,
    "/images/{id:str}/sources": picture.edit_sources,
    "/images/{id:str}/description": picture.edit_description,
    "/images/{id:str}/delete": picture.delete,
    "/images/{id:str}/gallery": picture.add_to_gallery,
    "/images/{id:str}/moderate": picture.moderate,
    "/images/{id:str}/comments": comments.post,
    "/images/{id:str}/follow": comments.follow,
    "/notifications/read": news.read_all,
    "/notifications/{id:str}/forget": news.forget,
    "/messages": messages.start,
    "/messages/{key:str}": messages.answer,
    "/messages/{key:str}/sort": messages.sort,
    "/forums": forums.create_forum,
    "/forums/{forum:str}/edit": forums.edit_forum,
    "/forums/{forum:str}/follow": forums.follow_forum,
    "/forums/{forum:str}/topics": forums.create_topic,
    "/forums/{forum:str}/topics/{slug:str}/posts": forums.answer,
    "/forums/{forum:str}/topics/{slug:str}/vote": forums.vote,
    "/forums/{forum:str}/topics/{slug:str}/follow": forums.follow_topic,
    "/forums/{forum:str}/topics/{slug:str}/moderate": forums.moderate_topic,
    "/posts/{id:str}/edit": forums.wordings.edit,
    "/posts/{id:str}/moderate": forums.wordings.moderate,
    "/comments/{id:str}/edit": comments.wordings.edit,
    "/comments/{id:str}/moderate": comments.wordings.moderate,
    "/login": entry.log_in,
    "/logout": entry.log_out,
    "/register": entry.register,
    "/reset": entry.reset,
    "/reset/mail": entry.request_reset,
    "/settings/password": settings_pages.change_password,
    "/settings/delete": settings_pages.delete_account,
    "/dnp": dnp.ask,
    "/dnp/{id:str}/decide": dnp.decide,
    "/notices/away": notices.put_away,
    "/moderation/notices": notices.create,
    "/moderation/notices/{id:str}": notices.edit,
    "/profiles/{slug:str}/moderate": people.moderate,
    "/settings/profile": own_profile.edit_profile,
    "/settings/links": own_profile.add_link,
    "/settings/links/{id:str}/delete": own_profile.delete_link,
    "/settings/preferences": own_profile.change_preferences,
    "/settings/two-factor/begin": second_factor.begin,
    "/settings/two-factor/confirm": second_factor.confirm,
    "/settings/two-factor/renew": second_factor.renew,
    "/settings/two-factor/off": second_factor.switch_off,
    "/settings/keys": settings_pages.add_key,
    "/settings/keys/{id:str}/revoke": settings_pages.revoke_key,
    "/settings/sessions/{id:str}/end": settings_pages.end_session,
    "/settings/watching": settings_pages.edit_watch_list,
    "/settings/watch": settings_pages.watch_tag,
    "/filters": choices.create_filter,
    "/filters/{id:str}/edit": choices.edit_filter,
    "/filters/{id:str}/delete": choices.delete_filter,
    "/filters/{id:str}/choose": choices.choose_filter,
    "/filters/{id:str}/tag": choices.filter_tag,
    "/galleries": galleries.create,
    "/galleries/{id:str}/edit": galleries.edit,
    "/galleries/{id:str}/delete": galleries.delete,
    "/galleries/{id:str}/add": galleries.add,
    "/galleries/{id:str}/remove": galleries.remove,
    "/galleries/{id:str}/move": galleries.move,
    "/galleries/{id:str}/order": galleries.order,
    "/galleries/{id:str}/cover": galleries.choose_cover,
    "/galleries/{id:str}/follow": galleries.follow,
    "/reports": reports.report_any,
    "/images/{id:str}/duplicate": duplicates.suggest,
    "/moderation/queue/{kind:str}/{id:str}": moderation.decide,
    "/moderation/log/{id:str}/undo": acts.take_back,
    "/moderation/duplicates/{id:str}": duplicates.decide,
    "/moderation/bans": bans.add,
    "/moderation/bans/{id:str}/lift": bans.lift,
    "/tags/{slug:str}/edit": tag_staff.edit,
    "/tag_changes/revert": tag_changes.revert,
    "/tag_changes/revert_all": tag_changes.revert_all,
    "/tag_changes/batch": tag_changes.tag_many,
    "/moderation/decide": review.decide_many,
    "/moderation/{id:str}": review.decide,
    "/moderation/reports/{id:str}": reports.resolve,
    "/moderation/requests/{key:str}": publishing.decide,
    "/moderation/accounts/invite": limits.invite,
    "/moderation/accounts/{id:str}": limits.change,
    "/admin/retry": admin.retry,
    "/admin/check": admin.check,
    "/private/{id:str}/ask": publishing.ask,
    "/private/{id:str}/cancel": publishing.cancel,
    "/images/{id:str}/report": reports.report,
    "/validate": validate.judge,
    "/vocabulary": vocabulary.wish,
    "/vocabulary/decide": vocabulary.decide,
    "/pets/{code:str}/edit": pets.edit,
    "/pets/{code:str}/delete": pets.delete,
    "/export": datasets.request,
    "/snapshots/{key:str}/export": datasets.export_snapshot,
}
_FILE_FORMS: dict[str, PageHandler] = {
    "/upload": entry.upload,
    "/moderation/badges": badges.create,
    "/moderation/badges/{id:str}": badges.edit,
    "/tags/{slug:str}/spoiler-image": tag_looks.set_spoiler_image,
    "/settings/avatar": own_profile.set_avatar,
    "/donate": donate.donate,
    "/pets": pets.create,
    "/pets/{code:str}/photos": pets.add_photos,
}
_LONG_FORMS: dict[str, PageHandler] = {
    "/pets/{code:str}/analyse": pets.analyse,
    "/pets/{code:str}/portrait": pets.portray,
}
_FILES: dict[str, tuple[Handler, Runs]] = {
    "/static/{version:str}/{file:str}": (files.static_file, Runs.INLINE),
    "/robots.txt": (sharing.robots, Runs.INLINE),
    "/sitemap.xml": (sharing.sitemap, Runs.EXECUTOR),
    "/sitemaps/{file:str}": (sharing.part, Runs.EXECUTOR),
    "/moderation/requests/{key:str}/picture": (publishing.picture, Runs.EXECUTOR),
    "/avatars/{folder:str}/{file:str}": (files.avatar, Runs.EXECUTOR),
    "/faces/{file:str}": (files.face, Runs.INLINE),
    "/pictures/{id:str}/download": (files.download, Runs.EXECUTOR),
    "/pictures/{id:str}/{file:str}": (files.image_file, Runs.EXECUTOR),
}


def routes(_library: Library, documents: Mapping[str, Made] = MappingProxyType({})) -> Door:
    """Return the door of the web: pages, forms and files below `/`.

    `documents` are those of the APIs, by name, which the reference shows.
    """
    reference = Reference(documents)
    shown = {
        **_PAGES,
        "/reference": reference.index,
        "/reference/{name:str}": reference.api,
        "/reference/{name:str}/{operation:str}": reference.operation,
    }
    operations = [
        *(_operation("GET", path, reader(page)) for path, page in shown.items()),
        *(_operation("POST", path, writer(form)) for path, form in _FORMS.items()),
        *(_operation("POST", p, writer(form), takes_files=True) for p, form in _FILE_FORMS.items()),
        *(_operation("POST", p, writer(form), Runs.LONG) for p, form in _LONG_FORMS.items()),
        *(_operation("GET", path, run, runs) for path, (run, runs) in _FILES.items()),
    ]
    return Door(
        name="web",
        prefixes=("/",),
        operations=operations,
        errors=ERRORS,
        identify=identify,
        headers=(("x-frame-options", "DENY"),),
    )


def _operation(
    method: str,
    path: str,
    handler: Handler,
    runs: Runs = Runs.EXECUTOR,
    *,
    takes_files: bool = False,
) -> Operation:
    return Operation(method, (path,), handler, runs, takes_files=takes_files, is_documented=False)
