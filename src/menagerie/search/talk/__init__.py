"""The read model of comments and posts, beside that of images and made in the same manner."""
