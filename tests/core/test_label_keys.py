"""Keys of labels are UUIDs that nobody else can make."""

import uuid

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from menagerie.core import label_keys

ids = st.integers(1, (1 << 40) - 1)
one_library = hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@given(ids, ids)
@one_library
def test_a_key_is_a_random_looking_uuid_that_gives_the_ids_back(library, image_id, tag_id):
    key = label_keys.encode(library, image_id, tag_id)
    parsed = uuid.UUID(key)
    assert (parsed.version, parsed.variant, str(parsed)) == (4, uuid.RFC_4122, key)
    assert label_keys.decode(library, key) == (image_id, tag_id)
    assert label_keys.decode(library, key.upper()) == (image_id, tag_id)


@given(st.uuids(version=4))
@one_library
def test_a_uuid_made_elsewhere_stands_for_nothing(library, key):
    assert label_keys.decode(library, str(key)) is None


@given(st.text())
@one_library
def test_other_text_stands_for_nothing(library, text):
    assert label_keys.decode(library, text) is None


def test_neighbours_have_nothing_in_common(library):
    keys = {label_keys.encode(library, image, tag) for image in range(1, 40) for tag in (1, 2)}
    assert len({key[:8] for key in keys}) == len({key[-12:] for key in keys}) == len(keys)
    assert label_keys.encode(library, 1, 2) != label_keys.encode(library, 2, 1)
