"""Configuration, in rooms: values and their writing, the models, reading with places, and the words of errors.

`feedhandler.config` is the face. These modules are imported one by one by those who declare options of their own
(receivers, recovery), which a face that knows all models could not allow.
"""
