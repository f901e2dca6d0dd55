"""Recovery: the cold side of a hole. Asks for what is missing, and passes the hot path's alarms on."""
