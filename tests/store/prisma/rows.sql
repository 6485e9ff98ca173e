-- Rows of a system that has been in use, to load after prisma7.sql.
-- All times are UTC, as Prisma writes them.

SET NAMES utf8mb4;

INSERT INTO `categories` (`id`, `name`, `pic_url`, `createdAt`, `updatedAt`) VALUES
    (1, 'Gold & Jewellery', 'https://cdn.example.com/categories/gold.png', '2026-01-05 08:00:00.001', '2026-01-05 08:00:00.001'),
    (2, 'أحجار كريمة', 'https://cdn.example.com/categories/gems.png', '2026-01-05 08:00:00.250', '2026-02-11 17:45:09.333'),
    (4, 'Collector''s "Rare" Coins 🪙', 'https://cdn.example.com/categories/coins.png', '2026-01-09 12:30:15.999', '2026-01-09 12:30:15.999');

INSERT INTO `users` (`id`, `name`, `type`, `category_id`, `number`, `otpCode`, `createdAt`, `updatedAt`) VALUES
    (1, 'Samira Haddad', 'Expert', 1, '+962790000001', NULL, '2026-01-06 09:15:00.120', '2026-03-01 10:00:00.000'),
    (2, 'Nora O''Brien', 'Normal', NULL, '+962790000002', '482913', '2026-01-07 10:20:30.456', '2026-03-14 18:58:41.007'),
    (3, 'Layla 💎✨', 'Normal', NULL, '+962790000003', NULL, '2026-01-08 11:00:00.000', '2026-01-08 11:00:00.000'),
    (5, 'Omar "The Hammer" Nasser', 'Normal', 2, '+962790000005', '007341', '2026-01-20 14:05:59.999', '2026-03-14 19:01:12.640'),
    (6, 'بركة 👨‍👩‍👧', 'Normal', NULL, '0790000006', NULL, '2026-02-02 06:07:08.009', '2026-02-02 06:07:08.009'),
    (7, 'Zoë <b>Müller</b>', 'Normal', 4, '+491700000007', NULL, '2026-02-15 23:59:59.500', '2026-02-15 23:59:59.500');

-- 1 not started, 2 live, 3 ended, 5 canceled; auction 4 was deleted.
INSERT INTO `Auction` (`id`, `title`, `description`, `type`, `current_product`, `product_description`, `actualPrice`, `minBidPrice`, `bidPrice`, `quantity`, `expiryDate`, `startDate`, `isLive`, `isExpired`, `isCanceled`, `isEnded`, `image_url`, `user_id`, `winning_user_id`, `category_id`, `createdAt`, `updatedAt`) VALUES
    (1, 'Spring Gems', 'Loose stones, one lot at a time.', 'Live', NULL, NULL, 0, 0, 0, 1, '2026-04-30 21:00:00.000', NULL, false, false, false, false, 'https://cdn.example.com/auctions/1.jpg', 1, NULL, 2, '2026-03-10 07:30:00.111', '2026-03-10 07:30:00.111'),
    (2, 'Friday Gold Night 🔥', 'Rings and chains.\nEverything must go.', 'Live', 'Silver Necklace – 925', 'Hallmarked, 45 cm', 1400, 800, 1000, 3, '2026-03-14 23:00:00.000', '2026-03-14 18:00:00.000', true, false, false, false, 'https://cdn.example.com/auctions/2.jpg', 1, NULL, 1, '2026-03-01 12:00:00.005', '2026-03-14 19:20:00.250'),
    (3, 'Old Coins', 'Ottoman and Umayyad coins.', 'Open', '', NULL, 0, 0, 0, 1, '2026-02-20 20:00:00.000', '2026-02-20 17:00:00.000', false, false, false, true, 'https://cdn.example.com/auctions/3.jpg', 1, 7, 4, '2026-02-10 09:09:09.090', '2026-02-20 19:47:31.818'),
    (5, 'Estate Sale', 'Called off by the owner.', 'Live', 'Pocket watch', NULL, 900, 100, 250, 1, '2026-03-02 20:00:00.000', '2026-03-02 18:00:00.000', false, true, true, false, 'https://cdn.example.com/auctions/5.jpg', 5, NULL, 1, '2026-02-25 15:15:15.150', '2026-03-02 18:22:07.901');

-- Bids 15 and 16 were placed at the same moment and the old server took both:
-- two equal bids at the top. Auction 5 kept its bid and comment when it was
-- canceled; earlier rounds of auction 2 were awarded, hence the gaps in the ids.
INSERT INTO `Auction_bids` (`id`, `auction_id`, `user_id`, `bid`, `createdAt`, `updatedAt`) VALUES
    (9, 5, 2, 300, '2026-03-02 18:10:00.404', '2026-03-02 18:10:00.404'),
    (12, 2, 2, 1050, '2026-03-14 19:21:03.100', '2026-03-14 19:21:03.100'),
    (13, 2, 3, 1100, '2026-03-14 19:21:10.735', '2026-03-14 19:21:10.735'),
    (14, 2, 5, 1200, '2026-03-14 19:21:44.002', '2026-03-14 19:21:44.002'),
    (15, 2, 3, 1350, '2026-03-14 19:22:05.417', '2026-03-14 19:22:05.417'),
    (16, 2, 6, 1350, '2026-03-14 19:22:05.418', '2026-03-14 19:22:05.418');

INSERT INTO `Auction_comments` (`id`, `auction_id`, `user_id`, `comment`, `createdAt`, `updatedAt`) VALUES
    (20, 5, 7, 'Is the watch still running?', '2026-03-02 18:05:33.210', '2026-03-02 18:05:33.210'),
    (31, 2, 1, 'Great item! Starting the bidding.', '2026-03-14 19:20:15.000', '2026-03-14 19:20:15.000'),
    (32, 2, 3, 'جميلة جدا 😍', '2026-03-14 19:20:58.321', '2026-03-14 19:20:58.321'),
    (33, 2, 7, 'It''s "925", right? 45 cm \\ 18 in', '2026-03-14 19:21:20.654', '2026-03-14 19:21:20.654'),
    (34, 2, 5, '<script>alert(1)</script>', '2026-03-14 19:21:50.987', '2026-03-14 19:21:50.987');

-- The last one lost its auction (4) to ON DELETE SET NULL.
INSERT INTO `winnings` (`id`, `user_id`, `auction_id`, `product`, `price`, `weight`, `sold`, `createdAt`, `updatedAt`) VALUES
    (1, 7, 3, 'Umayyad dinar, AH 80', 5200, '4.25g', true, '2026-02-20 19:40:12.345', '2026-02-28 08:00:00.000'),
    (2, 5, 2, 'Gold Ring – 18K', 1500, '5.2g', false, '2026-03-14 19:10:00.777', '2026-03-14 19:10:00.777'),
    (3, 3, NULL, 'Collector''s tray', 75, NULL, false, '2026-02-12 16:16:16.016', '2026-02-12 16:16:16.016');

-- The checksum is that of the migration: prisma7.sql from its first
-- "-- CreateTable" to its last "-- AddForeignKey" statement.
INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, logs, rolled_back_at, started_at, applied_steps_count) VALUES
    ('5d0c7a52-3f0e-4c8e-9b1a-6f2f1f4f7a10', '4ce92381318e2c234afa1ae2eaaad815609f2541a48917c5fd880ae979cf08a2', '2026-01-05 07:59:12.480', '20260105075900_init', NULL, NULL, '2026-01-05 07:59:12.031', 1);
