"""The dialect's OpenAPI document names operations and bodies as the reference does."""

import re

from dog_world import Kennel

# What the reference of the original calls its operations.
NAMES = """
GET /facts: Get a list of facts
GET /facts/random: Get a random fact
GET /facts/breed/{}: Get facts by breed
GET /facts/breed/{}/random: Get a random fact for a specific breed
GET /facts/species/{}/random: Get a random fact for a specific species
GET /facts/{}: Get a fact by ID
GET /votes: List votes for the authenticated user
POST /votes: Create a vote
GET /votes/{}: Get a vote by ID
GET /accounts/features: Get enabled feature flags for the current account
GET /accounts/quota: Get current upload quota usage and remaining limit
GET /accounts/{}/overview: Get account overview stats (Admin only)
GET /breeds/bans/countries: List countries with breed legislation
GET /breeds/bans/country: Get breed bans and legislation by country
GET /breeds/bans/breed/{}: Get all bans for a specific breed globally
POST /pets: Create a pet with optional images
GET /pets: List pets for the authenticated account
POST /pets/{}/images: Upload additional images for an existing pet
GET /pets/portrait-styles: List available portrait styles
GET /pets/{}: Retrieve a pet by id
PATCH /pets/{}: Update pet metadata
DELETE /pets/{}: Delete a pet
POST /pets/{}/body-condition-score: Analyse the body condition score (BCS) for a pet
POST /pets/{}/estimated-age: Estimate the age of a pet based on their images
POST /pets/{}/genealogy: Analyze genealogy/breed from all pet images
POST /pets/{}/muscle-condition-score: Evaluate Muscle Condition from all pet images
POST /pets/{}/portrait: Generate an AI portrait for a pet
GET /breeds/search: Search breeds by name
GET /breeds: List breeds
GET /breeds/breed-groups: List available breed groups
GET /breeds/{}: Retrieve a breed by identifier
GET /favourites: List favourites for the authenticated user
POST /favourites: Create a favourite for the authenticated user
GET /favourites/{}: Retrieve a favourite by identifier
DELETE /favourites/{}: Delete a favourite
GET /categories/{}: Retrieve a category by identifier
GET /categories: List categories
GET /health-tips: Get a list of health tips
GET /health-tips/{}: Get a health tip by ID
GET /images/{}: Retrieve an image by id
DELETE /images/{}: Delete an uploaded image
GET /images/{}/labels: Get the latest breed identification labels for an image
POST /images/upload: Upload an image
GET /images/{}/status: Get the processing status of an uploaded image
POST /images/upload-sync: Upload an image and wait for analysis to complete
POST /images/{}/public-requests: Request an image to be made public
DELETE /images/{}/public-requests: Cancel a pending public request
GET /images/{}/public-requests/status: Get the public request status for an image
GET /sub-ids: Get detailed list of sub_ids used in the account
"""


def test_operations_have_the_names_of_the_reference(kennel: Kennel):
    paths = kennel.get("/openapi-json", root=True).json()["paths"]
    found = {
        f"{method.upper()} {re.sub(r'{.+?}', '{}', path.removeprefix('/v1'))}": entry["summary"]
        for path, entries in paths.items()
        for method, entry in entries.items()
        if path.startswith("/v1/")
    }
    named = [line.split(": ") for line in NAMES.strip().splitlines()]
    assert len(named) == 49
    for route, name in named:
        assert found[route].startswith(name), route


def test_bodies_are_documented_as_json_and_as_forms(kennel: Kennel):
    paths = kennel.get("/openapi-json", root=True).json()["paths"]
    body = paths["/v1/votes"]["post"]["requestBody"]["content"]
    assert list(body) == ["application/json", "application/x-www-form-urlencoded"]
    fields = body["application/json"]["schema"]["properties"]
    assert (fields["value"]["type"], fields["image_id"]["type"]) == ("number", "string")
    assert "multipart/form-data" in paths["/v1/images/upload"]["post"]["requestBody"]["content"]
