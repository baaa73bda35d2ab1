-- Lanes take turns brand by brand, the one that was served longest ago first.
CREATE INDEX lanes_turn ON lanes (brand, ready_us) WHERE ready_us IS NOT NULL;

PRAGMA user_version = 5;
