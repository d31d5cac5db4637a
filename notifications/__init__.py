"""Who is told, and how: an event's facts become words, and the words go out by mail or over a channel."""
