"""What the server remembers of its users, in one database: tables, migrations, threads for its calls."""
