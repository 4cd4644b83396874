"""Dogs and cats: breeds, what is known of them, what the law says of them, and their pictures.

- `book`: breeds and categories as they are read; `pictures`: which images show them;
- `texts`, `translations`, `laws`: facts and health tips, other languages, legislation;
- `files`, `loading`, `exporting`: the files that are shipped, put in and written out again;
- `editing`: what administrators change.
"""
