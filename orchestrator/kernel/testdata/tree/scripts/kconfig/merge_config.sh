#!/bin/sh
# merge_config.sh -m -Q -O DIRECTORY BASE FRAGMENT
cat "$6" >> "$5"
