"""What programs keep here for people of their own.

A program has an account and a key. It may say on whose behalf it does something (a label of its
own, which means nothing to the library) and names images by references that need not exist.
"""
