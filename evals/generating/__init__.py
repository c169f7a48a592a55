"""Cases without writing them: questions made of the pages, with where they are answered."""
