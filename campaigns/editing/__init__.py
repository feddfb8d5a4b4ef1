"""A message while people write it: its form, its checks, its preview, its library and its tests."""
