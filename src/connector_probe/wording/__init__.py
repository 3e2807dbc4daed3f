"""Ids and facts to sentences, in one of the languages of ``catalogue``. Pure."""
