"""Runs inside the client's own virtual environment: prints what DerPyBooruPhi sees, as JSON.

python derpibooru_client.py SERVER KEY PICTURE_URL NEW_PICTURE_URL
"""

import json
import sys

from derpibooru import (
    Comments,
    Filter,
    Filters,
    Forums,
    Galleries,
    Gallery,
    Image,
    PostImage,
    Posts,
    Profile,
    Related,
    Search,
    SearchPosts,
    Tag,
    Tags,
    Topics,
)

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
# What people say and collect.
seen["comments"] = [[one.id, one.author, one.body] for one in Comments(q="hello", **at)]
seen["comments_by"] = [one.id for one in Comments(user_id=first.uploader_id, per_page=2, **at)]
seen["comments_of"] = [one.id for one in Comments(image_id=1, per_page=1, limit=5, **at)]
seen["galleries"] = [one.title for one in Galleries(q=["user:keeper"], **at)]
gallery = Gallery(None, gallery_id=1, **at)
seen["gallery"] = [gallery.title, gallery.user, gallery.thumbnail.id]
in_order = f"gallery_id:{gallery.id}"
seen["gallery_images"] = [one.id for one in gallery.images(sf=in_order, sd="asc")]
seen["with_image"] = [one.title for one in Galleries(q=["image_ids:4"], **at)]
seen["forums"] = [one.short_name for one in Forums(per_page=1, **at)]
topics = list(Topics("general", per_page=1, **at))
seen["topics"] = [one.title for one in topics]
slug = topics[0].slug
seen["posts"] = [one.body for one in Posts("general", slug, slug=False, per_page=2, **at)]
seen["found_posts"] = [one.body for one in SearchPosts(q=["second"], **at)]
profile = Profile(None, username="keeper", **at)
seen["by_name"] = [profile.id, profile.comments_count, profile.topics_count]
seen["related"] = [one.id for one in Related(Image(None, image_id=2, **at), limit=1, **at)]
sys.stdout.write(json.dumps(seen))
