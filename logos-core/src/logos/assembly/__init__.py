"""From a resolved config to a built session: parts are found, built and put in their seats."""
