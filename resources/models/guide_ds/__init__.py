"""Guide-DS: the DeepSeek-V3 architecture in miniature."""
