module trunkline.test/pause

go 1.26.0
