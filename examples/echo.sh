#!/bin/sh
# A bot: echoes what others say, as JSON escapes it, in a notice that answers it. Usage: echo.sh NAME [HOST[:PORT]]
parlance=${PARLANCE:-parlance} name=$1 host=${2:-127.0.0.1:8800}
"$parlance" tail "$host" --name "$name" --bot --json | while IFS= read -r line; do
    seq=$(printf '%s\n' "$line" | sed 's/.*"seq":\([0-9]*\).*/\1/')
    text=$(printf '%s\n' "$line" | sed 's/.*"text":"\(.*\)","type".*/\1/')
    "$parlance" send "$host" --name "$name" --notice --re "$seq" -- "$text"
done
