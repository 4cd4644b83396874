"""Words of the pages that Python chooses, marked for the catalogue of messages.

Templates mark texts with `_()` and `ngettext()`; Python marks constants with `marked` and leaves
the translating to the template that shows them. `languages` reads the catalogues, and
`tools/messages.py` collects the keys.
"""

SOURCE_LANGUAGE = "en"
LANGUAGES = ("en", "de", "fr")
"""The languages that pages are offered in; each but English has a complete catalogue."""


def marked(text: str) -> str:
    """Return `text` as it is; the call tells extractors that it is a message."""
    return text


def marked_plural(one: str, many: str) -> tuple[str, str]:
    """Return both forms as they are; the call tells extractors that they are one message."""
    return one, many


VIEWS = (
    ("small", marked("Small")),
    ("medium", marked("Medium")),
    ("large", marked("Large")),
    ("list", marked("List")),
)
RATINGS = {
    "safe": marked("Safe"),
    "suggestive": marked("Suggestive"),
    "questionable": marked("Questionable"),
    "explicit": marked("Explicit"),
    "semi-grimdark": marked("Somewhat grim"),
    "grimdark": marked("Grim"),
    "grotesque": marked("Grotesque"),
}
THEMES = (
    ("auto", marked("As the system")),
    ("light", marked("Light")),
    ("dark", marked("Dark")),
)
SORTS = (
    ("first_seen_at", marked("Added")),
    ("score", marked("Score")),
    ("wilson_score", marked("Likely score")),
    ("faves", marked("Faves")),
    ("comment_count", marked("Comments")),
    ("random", marked("Random")),
    ("_score", marked("Relevance")),
    ("updated_at", marked("Changed")),
    ("pixels", marked("Pixels")),
    ("size", marked("File size")),
    ("width", marked("Width")),
    ("height", marked("Height")),
    ("aspect_ratio", marked("Shape")),
    ("duration", marked("Duration")),
    ("tag_count", marked("Number of tags")),
    ("id", marked("Number")),
)
CATEGORIES = {
    "error": marked("Errors"),
    "rating": marked("Rating"),
    "origin": marked("Origin"),
    "character": marked("Characters"),
    "oc": marked("Own characters"),
    "species": marked("Species"),
    "body-type": marked("Body types"),
    "content-fanmade": marked("Made by fans"),
    "content-official": marked("Official content"),
    "spoiler": marked("Spoilers"),
}
NO_CATEGORY = marked("Tags")
SPECIES = {"dog": marked("Dogs"), "cat": marked("Cats")}
ANIMALS = {"dog": marked("Dog"), "cat": marked("Cat")}
SEXES = {"female": marked("Female"), "male": marked("Male")}
POSES = {
    "front": marked("from the front"),
    "face": marked("face"),
    "side": marked("from the side"),
    "left": marked("from the left"),
    "right": marked("from the right"),
    "back": marked("from behind"),
    "top": marked("from above"),
    "sitting": marked("sitting"),
    "other": marked("otherwise"),
}
"""How a pet is seen in a photograph."""
ANALYSES = {
    "body_condition": marked("Body condition"),
    "age": marked("Age"),
    "muscle": marked("Muscles"),
    "weight": marked("Weight"),
    "genealogy": marked("What it looks like"),
}
MUSCLES = {True: marked("Signs of lost muscle"), False: marked("No sign of lost muscle")}
FEATURES = {
    "full_breed_schema": marked("Everything about breeds"),
    "enable_health_tips": marked("Health tips"),
    "breed_legislation": marked("Laws about breeds"),
    "image_analysis": marked("What pictures show"),
    "pets": marked("Pets"),
    "pet_analysis": marked("What photographs of pets show"),
    "pet_portraits": marked("Portraits of pets"),
}
"""What an account may do through programs."""
REQUEST_STATES = {
    "pending": marked("You asked that it be public. Nobody has decided yet."),
    "approved": marked("It was made public."),
    "denied": marked("It stays private."),
    "cancelled": marked("You took your request back."),
}
LEVELS = {
    "national": marked("Whole country"),
    "state": marked("States"),
    "canton": marked("Cantons"),
    "regional": marked("Regions"),
    "city": marked("Cities"),
    "none": marked("None in force"),
}
"""How far the law of a country reaches."""
LAW_KINDS = {
    "breed_specific": marked("names breeds"),
    "characteristic_based": marked("goes by features"),
    "behavior_based": marked("goes by behaviour"),
    "hybrid": marked("names breeds and goes by behaviour"),
}
APPROACHES = {
    "ban": marked("Prohibition"),
    "restriction": marked("Conditions"),
    "permit": marked("Permit"),
    "approved_list": marked("Only listed breeds"),
}
BANS = {
    "complete_ban": marked("Banned"),
    "import_ban": marked("May not be brought in"),
    "breeding_ban": marked("May not be bred"),
    "restricted": marked("Under conditions"),
    "permit_required": marked("With a permit"),
}
"""What a law says of one breed."""
TRAITS = {
    "adaptability": marked("Adapts to change"),
    "affection_level": marked("Affection"),
    "child_friendly": marked("With children"),
    "dog_friendly": marked("With dogs"),
    "stranger_friendly": marked("With strangers"),
    "energy_level": marked("Energy"),
    "intelligence": marked("Wit"),
    "vocalisation": marked("Voice"),
    "social_needs": marked("Need for company"),
    "grooming": marked("Coat care"),
    "shedding_level": marked("Shedding"),
    "health_issues": marked("Health troubles"),
}
"""What cats are graded in, from 1 to 5."""
FLAGS = {
    "indoor": marked("lives indoors"),
    "lap": marked("likes a lap"),
    "hypoallergenic": marked("said to be easier on allergies"),
    "hairless": marked("hairless"),
    "rex": marked("curly coat"),
    "short_legs": marked("short legs"),
    "suppressed_tail": marked("short or no tail"),
    "natural": marked("natural breed"),
    "rare": marked("rare"),
    "experimental": marked("experimental breed"),
}
"""What is true of a breed of cats or not."""
BREED_SORTS = (
    ("name", marked("Name")),
    ("weight", marked("Weight")),
    ("height", marked("Height")),
)
LANGUAGE_NAMES = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "it": "Italiano",
    "nl": "Nederlands",
    "pt": "Português",
}
"""What languages call themselves; others are shown by their code."""
ROLES = {
    "assistant": marked("Assistant"),
    "moderator": marked("Moderator"),
    "admin": marked("Administrator"),
}
FORUM_ACCESS = {
    "normal": marked("everybody"),
    "assistant": marked("assistants and moderators"),
    "staff": marked("moderators"),
}
"""Who may read a forum."""
LINK_STATES = {
    "unverified": (marked("Waits for the code"), "wait"),
    "link_verified": (marked("Code seen"), "wait"),
    "contacted": (marked("Staff have asked"), "wait"),
    "verified": (marked("Verified"), "good"),
    "rejected": (marked("Rejected"), "bad"),
}
"""How far the proof of a link is, and its tone."""
TOLD = {
    "comment": marked("Comments on pictures I follow"),
    "post": marked("Posts in topics I follow"),
    "topic": marked("Topics in forums I follow"),
    "gallery": marked("Pictures in galleries I follow"),
    "merge": marked("Pictures I follow that are joined with others"),
    "comment_mention": marked("Comments that name me"),
    "post_mention": marked("Posts that name me"),
    "award": marked("Badges I am given"),
    "link": marked("Decisions about my links"),
    "dnp": marked("Decisions about my wishes as an artist"),
}
"""What an account may be told of."""
DNP_TYPES = {
    "No Edits": marked("No edited works"),
    "Artist Tag Change": marked("Another artist tag"),
    "Uploader Credit Change": marked("Another name as uploader"),
    "Certain Type/Location Only": marked("Only certain works, or from certain places"),
    "With Permission Only": marked("Only with permission"),
    "Artist Upload Only": marked("Only the artist uploads"),
    "Other": marked("Something else"),
}
"""What artists ask for."""
DNP_STATES = {
    "requested": (marked("Waits for staff"), "wait"),
    "claimed": (marked("Staff look at it"), "wait"),
    "listed": (marked("In force"), "good"),
    "acknowledged": (marked("Noted"), ""),
    "rescinded": (marked("Taken back"), ""),
    "closed": (marked("Closed"), "bad"),
}
"""What became of an artist's wish, and its tone."""
NOTICES = {
    "welcome": marked("Welcome back."),
    "left": marked("You are logged out."),
    "saved": marked("Saved."),
    "kept": marked("This search is kept. The search field offers it by its name."),
    "comment-waits": marked("Your comment is in, and waits for a moderator."),
    "post-waits": marked("Your post is in, and waits for a moderator."),
    "destroyed": marked("Wiped."),
    "retried": marked("The jobs are tried again."),
    "checking": marked("The library is being checked."),
    "uploaded": marked("Your picture is in."),
    "waiting": marked("Your picture is in, and waits for review."),
    "deleted": marked("Deleted."),
    "removed": marked("Removed. You can restore it under Moderation."),
    "restored": marked("Restored."),
    "merged": marked("Merged."),
    "featured": marked("It is on the front page now."),
    "approved": marked("Approved."),
    "rejected": marked("Rejected."),
    "quarantined": marked("Quarantined. Only moderators see it."),
    "chosen": marked("This filter is in force now."),
    "password": marked("Your password is changed."),
    "mailed": marked("If an account has this address, a mail is on its way."),
    "revoked": marked("The key no longer works."),
    "one-factor": marked("Logging in asks for no code any more."),
    "ended": marked("That session is over."),
    "watching": marked("You watch this tag now."),
    "unwatched": marked("You no longer watch this tag."),
    "added": marked("Added to the gallery."),
    "gone": marked("Your account is deleted."),
    "wished": marked("Thank you. Words that many wish for become labels."),
    "asked": marked("Asked. A moderator will look at it."),
    "undone": marked("Undone."),
    "claimed": marked("It is yours for an hour."),
    "let-go": marked("Let go."),
    "decided": marked("Somebody has decided that already."),
    "banned": marked("Banned."),
    "lifted": marked("The ban is lifted."),
    "suggested": marked("Thank you. A moderator will compare the two."),
    "reported": marked("Thank you. A moderator will look at it."),
}
"""What a page says once after a form was taken, by the code that the notice cookie carries."""
