"""What a site does by itself: jobs that know nothing of each other, and who supervises them."""
