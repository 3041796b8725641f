"""The fields of requests and answers; never the database."""
