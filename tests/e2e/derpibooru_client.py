"""Runs inside the client's own virtual environment: prints what DerPyBooruPhi sees, as JSON.

python derpibooru_client.py SERVER KEY PICTURE_URL NEW_PICTURE_URL
"""

import json
import sys

from derpibooru import Filter, Filters, Image, PostImage, Profile, Search, Tag, Tags

server, key, picture, new_picture = sys.argv[1:]
at = {"url_domain": server}

first = Image(None, image_id=1, **at)
seen = {
    "search": [image.id for image in Search(q=["generated"], limit=30, per_page=7, **at)],
    "sorted": [image.score for image in Search(q=["generated"], sf="score", limit=5, **at)],
    "mine": [image.id for image in Search(key=key, faves=True, **at)],
    "image": [first.id, first.tags, first.representations["full"]],
    "featured": Image(None, image_id="featured", **at).id,
    "tags": [tag.name for tag in Tags(q=["name:nth*"], limit=40, **at)],
    "filters": [[one.id, one.name] for one in Filters(filters_id="system", **at)],
    "own_filters": [one.name for one in Filters(key=key, filters_id="user", **at)],
    "filter": Filter(2, **at).name,
    "profile": Profile(first.uploader_id, **at).name,
    "fans": Image(None, image_id=3, **at).faved_by,
    "reverse": [image.id for image in Search(**at).reverse(picture)],
}
posted = PostImage(
    key=key,
    image_url=new_picture,
    tag_input=["safe", "posted", "by a client"],
    source_url="https://example.org/source",
    **at,
).post(new_tags=True)
seen["posted"] = [posted.id, sorted(posted.tags)]
seen["tag"] = Tag(None, tag="safe", **at).images
sys.stdout.write(json.dumps(seen))
