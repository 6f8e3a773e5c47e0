"""What docker-compose.yml needs beside the services' own commands."""
