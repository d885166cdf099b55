DROP TABLE file_upload_catalog;
