"""What an employer's staff say, without anybody knowing who said it."""
