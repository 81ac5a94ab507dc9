#!/bin/sh
# Starts a program beside the server, and the server without exec: a signal to this shell alone
# would end it and leave the server behind.
(while true; do sleep 3600; done) &
python3 /app/server.py
