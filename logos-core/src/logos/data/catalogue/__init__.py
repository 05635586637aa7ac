"""The catalogue of bar files: which there are, and what is wrong with them.

`logos.data.catalogue.listing.list_cache` tells what a cache holds; `logos.data.catalogue.checking.check_files` looks
for what is wrong, and answers with a `logos.data.catalogue.records.CheckReport`. Every kind of finding stands in
`logos.data.catalogue.kinds`.
"""
