"""Runs inside the client's own virtual environment: prints what dog.py sees, as JSON.

python dog_client.py HOST KEY PUBLIC_IMAGE_ID OWN_IMAGE_ID
"""

import json
import sys

import dog.client

host, key, public_id, own_id = sys.argv[1:]
dog.client.BASE_API_URL = host
stranger, client = dog.Client(), dog.Client(key)


def plain(image):
    return {"id": image.id, "url": image.url, "breeds": [b.name for b in image.breeds or []]}


found = client.search_breeds("affenp")
vote = client.create_vote(public_id, 1, sub_id="tom")
favourite = client.create_favourite(public_id, "tom")
seen = {
    "breeds": len(client.get_breeds()),
    "search": [[b.name, b.weight.metric, b.height.imperial, b.temperaments] for b in found],
    "categories": [c.name for c in client.get_categories(limit=50)],
    "vote": [vote.image_id, vote.value, vote.sub_id, vote.created_at.isoformat()],
    "votes": [v.id == vote.id for v in client.get_votes(sub_id="tom")],
    "vote_again": client.get_vote(vote).value,
    "favourite": [favourite.image_id, favourite.sub_id],
    "favourites": [f.id == favourite.id for f in client.get_favourites("tom", 10, 0)],
    "favourite_again": client.get_favourite(favourite.id).image_id,
    "images": [
        plain(i)
        for i in client.get_images(limit=5, mime_types=["png", "jpg"], order="ASC", size="full")
    ],
    "image": plain(client.get_image(public_id)),
    "own": [i.id for i in client.get_own_images()],
    "own_image": type(client.get_image(own_id)).__name__,
    "without_key": [i.url for i in stranger.get_images(limit=1)],
    "deleted": [client.delete_vote(vote), client.delete_favourite(favourite)],
    "deleted_image": client.delete_image(own_id),
    "own_afterwards": [i.id for i in client.get_own_images()],
}
sys.stdout.write(json.dumps(seen))
