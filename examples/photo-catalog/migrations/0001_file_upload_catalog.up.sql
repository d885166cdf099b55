-- One row for each photo, or for each version of it. The hash is that of bucket, key, and version or entity tag: an event that
-- S3 delivers twice finds its row. The sequencer is that of the last event of the row: S3's order of the events of one photo.
CREATE TABLE file_upload_catalog (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    source_hash BINARY(32) NOT NULL,
    file_upload_date DATE NOT NULL,
    file_upload_time TIME(3) NOT NULL,
    file_name VARCHAR(1024) NOT NULL,
    original_file_size BIGINT NOT NULL,
    thumbnail_size BIGINT NOT NULL,
    thumbnail_width INT UNSIGNED NOT NULL,
    thumbnail_height INT UNSIGNED NOT NULL,
    sequencer VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    UNIQUE KEY by_source (source_hash),
    KEY by_thumbnail_size (thumbnail_size, id),
    KEY by_upload (file_upload_date, file_upload_time, id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
