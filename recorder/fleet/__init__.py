"""Many recorders, one stream: captures on their way through NATS JetStream.

Rule: a capture file is the truth. The stream holds its lines, byte for byte, in messages that say which lines they are: a
reader can tell what came twice, what is missing, and in which order it was. Only this package knows NATS.
"""
