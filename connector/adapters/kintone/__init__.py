"""kintone: records of apps, parts of several entities in one record, lookups, process management."""
