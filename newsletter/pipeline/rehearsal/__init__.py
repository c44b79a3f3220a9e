"""rehearse: let the coming weeks pass in simulated time, from what the sources brought before."""
