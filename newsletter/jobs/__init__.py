"""What a site does by itself: independent jobs, and the supervisor that runs them."""
