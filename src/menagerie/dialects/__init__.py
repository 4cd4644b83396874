"""The foreign HTTP APIs we speak, one package each; none knows another."""
