"""Is somebody speaking inside our conversations? Judged by each conversation's own history."""
