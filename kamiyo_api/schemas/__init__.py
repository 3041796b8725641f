"""What requests take and answers hold; never the database."""
