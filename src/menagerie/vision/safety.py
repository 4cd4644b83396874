"""What the safety model's one number means for review and rating.

The model (Yahoo's open_nsfw) knows pornography from everything else and nothing more: it cannot
tell violence, hate or drugs, so `adult` is the only reason it ever gives. That a picture shows no
animal is no reason.
"""

import msgspec

ADULT = "adult"
REASONS = (ADULT,)
"""All reasons a model here can give."""
UNSAFE = 0.8
"""Its authors' own bound of what is pornographic; `docs/recognition.md` has what was measured."""
_RATINGS = ((UNSAFE, "explicit"), (0.6, "questionable"), (0.4, "suggestive"))


class Safety(msgspec.Struct, frozen=True):
    """A judgement: `reasons` is empty when the picture may be shown; `rating` is a rating tag."""

    reasons: tuple[str, ...]
    rating: str

    @property
    def is_safe(self) -> bool:
        """Say whether nothing speaks against showing the picture."""
        return not self.reasons


def judge(probability: float, *, threshold: float = UNSAFE) -> Safety:
    """Return what a probability of `Models.unsafe` means; of an animation, pass the largest.

    `threshold`, 0 to 1, is from where on a person must look. Ratings do not move with it.

    >>> judge(0.05)
    Safety(reasons=(), rating='safe')
    >>> judge(0.93)
    Safety(reasons=('adult',), rating='explicit')
    """
    rating = next((name for least, name in _RATINGS if probability >= least), "safe")
    return Safety((ADULT,) if probability >= threshold else (), rating)
