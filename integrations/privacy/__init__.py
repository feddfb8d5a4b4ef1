"""What is held of a person: shown to them as one document, and taken out for good. Here, since it begins with the events of stores."""
